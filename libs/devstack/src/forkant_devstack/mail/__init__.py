"""The mail catcher of the development platform: takes every e-mail, delivers none, and shows them on a page."""
