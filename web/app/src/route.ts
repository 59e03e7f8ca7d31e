// The page's addresses: `#/showtimes/<id>` and the like, so that every view can be linked and reloaded.
import { signal } from "@preact/signals";

export const route = signal<string[]>(parts());

function parts(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

addEventListener("hashchange", () => {
  route.value = parts();
  scrollTo(0, 0);
});
