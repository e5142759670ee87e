"""What a landed batch must look like, before anything is built on it; the suites are data, in `suites/`."""
