"""A receiver of webhooks for whoever develops one: it registers itself, verifies what comes and shows it."""
