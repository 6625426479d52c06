"""The pages of the console, one module each: parameters of a URL in, queries asked, a template filled."""
