module reprise.dev/third-party

go 1.25.0

// Before 0.40 not every tile was held against the root (CVE-2026-56865): none older is to be used.
require golang.org/x/mod v0.40.0
