import { defineConfig } from "vitest/config"

// Unit tests run in parallel files on two cores; the end-to-end ones (test/e2e) drive the real command.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/set-up.ts",
    testTimeout: 90_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Bundles of stages are modules for Node as they stand, a megabyte each.
    server: { deps: { external: [/\.reprise\/code\//] } }
  }
})
