import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { precompress } from "./precompress";

const REGISTRY = process.env.MODELYARD_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [precompress()],
  build: {
    outDir: fileURLToPath(new URL("../modelyard/page", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the policy that the page is served with knows files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // Libraries mark what is of the client; all of this is.
      onwarn: (warning, warn) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  server: {
    proxy: Object.fromEntries(["/v1", "/blobs", "/config.json"].map((path) => [path, { target: REGISTRY }])),
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // Patient, since machines that test are busy.
    testTimeout: 30_000,
    css: false,
  },
});
