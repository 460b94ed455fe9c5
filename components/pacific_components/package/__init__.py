"""The components as part of the Pulumi package ``pacific``: usable from every language, served by its plug-in."""
