"""poll: Source -> Documents -> Feed -> new Articles -> Matches, committed in one transaction per source."""
