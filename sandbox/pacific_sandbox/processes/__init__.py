"""The programs of a sandbox as processes: started, watched, started again, ended."""
