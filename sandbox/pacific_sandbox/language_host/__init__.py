"""``pulumi-language-python`` where Pulumi's own is not installed: runs Python programs and plugins for the engine."""
