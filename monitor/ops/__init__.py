"""What running for years takes: clock, logging, secrets, systemd."""
