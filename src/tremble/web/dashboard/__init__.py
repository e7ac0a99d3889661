"""The operators' dashboard, at /dashboard: pages for who runs servers, live while they are open."""
