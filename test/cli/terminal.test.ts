import { describe, expect, it } from "vitest"
import { invocation } from "../../src/cli/terminal.ts"

describe("advice on what to type next", () => {
  it("names the command as it was called", () => {
    expect(invocation({})).toBe("reprise")
    expect(invocation({ npm_lifecycle_event: "start", npm_package_name: "reprise" })).toBe("npm run reprise --")
    expect(invocation({ npm_lifecycle_event: "npx", npm_package_name: "reprise" })).toBe("npx reprise")
    expect(invocation({ npm_lifecycle_event: "experiments", npm_package_name: "my-paper" })).toBe("npx reprise")
  })
})
