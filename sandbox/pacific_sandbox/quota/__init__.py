"""What a namespace may use and what it uses: limits of its resource pool, storage policy quotas."""
