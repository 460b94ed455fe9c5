"""Forges: pull requests, comments, commit statuses and issues on GitHub, GitLab and Gitea, and git itself."""
