"""An OIDC issuer for development: it gives anybody on this machine any persona, so it never leaves loopback."""
