"""Statistical methods: arrays and counts in, frozen results out. Nothing here knows a study."""
