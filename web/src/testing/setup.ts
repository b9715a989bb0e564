/** What jsdom lacks and the library asks for. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);
configure({ asyncUtilTimeout: 10_000 });

class NoObserver {
  observe = nothing;
  unobserve = nothing;
  disconnect = nothing;
}

function nothing(): void {
  // Nothing has a size in jsdom.
}

Object.assign(globalThis, {
  ResizeObserver: NoObserver,
  matchMedia: (media: string) => ({
    media,
    matches: false,
    addEventListener: nothing,
    removeEventListener: nothing,
    addListener: nothing,
    removeListener: nothing,
  }),
});
Element.prototype.scrollIntoView = nothing;
globalThis.scrollTo = nothing;

// What scrolls has some size, so that there are rows in sight.
for (const [name, size] of [["clientHeight", 720], ["offsetHeight", 720], ["clientWidth", 1000], ["offsetWidth", 1000]] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
}
