"""Setup > Templates: what messages say, with a preview that lives."""
