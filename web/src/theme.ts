/** The library's theme: what styles.css does not say, and where the chosen scheme is kept. */
import { createTheme, localStorageColorSchemeManager, Modal, Tooltip } from "@mantine/core";

export const theme = createTheme({
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Locking the page's scroll, as the library does it, needs a style element, which our policy forbids.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true } }),
    Tooltip: Tooltip.extend({
      defaultProps: { events: { hover: true, focus: true, touch: true }, multiline: true, maw: 420, openDelay: 150 },
    }),
  },
});

/** Kept under the name that public/scheme.js reads before the first paint. */
export const schemeManager = localStorageColorSchemeManager({ key: "modelyard.scheme" });
