import { defineConfig } from "vitest/config"

/** Tests that start processes, or fill one with native sessions and threads: a process for each file. */
const processes = ["test/{e2e,faults,run,cli,tensor}/**/*.test.ts", "test/stages/{attack,exec,train}/**/*.test.ts"]

const every = {
  testTimeout: 90_000,
  hookTimeout: 120_000,
  // Bundles of stages are modules for Node as they stand.
  server: { deps: { external: [/\.reprise\/code\//] } }
}

export default defineConfig({
  test: {
    globalSetup: "test/set-up.ts",
    // One more than the cores of a small machine: there is always a test that waits for something.
    maxWorkers: 3,
    projects: [
      // Minutes, for commands that run one after the other on a busy machine.
      { test: { ...every, testTimeout: 180_000, name: "processes", include: processes } },
      // The others keep nothing from file to file, and share what they load: half of the time of most is the loading of libraries.
      { test: { ...every, name: "values", include: ["test/**/*.test.ts"], exclude: processes, isolate: false } }
    ]
  }
})
