-- Written by hand: Prisma has no words for it. Whatever asks, a name and filters are no longer than a page can show.
ALTER TABLE "saved_view"
  ADD CONSTRAINT "saved_view_sized" CHECK (length("name") BETWEEN 1 AND 80 AND length("query") <= 2000) NOT VALID;
