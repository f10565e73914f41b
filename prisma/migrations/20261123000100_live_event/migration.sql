-- Numbers the notices to open pages one by one, over all processes, so that a page can tell how many it missed.
CREATE SEQUENCE "live_event_number" AS BIGINT CACHE 1;
