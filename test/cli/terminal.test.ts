import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { invocation, shellWord } from "../../src/cli/terminal.ts"

describe("advice on what to type next", () => {
  it("names the command as it was called", () => {
    expect(invocation({})).toBe("reprise")
    expect(invocation({ npm_lifecycle_event: "start", npm_package_name: "reprise" })).toBe("npm run reprise --")
    expect(invocation({ npm_lifecycle_event: "npx", npm_package_name: "reprise" })).toBe("npx reprise")
    expect(invocation({ npm_lifecycle_event: "experiments", npm_package_name: "my-paper" })).toBe("npx reprise")
  })

  it("can be pasted: a shell takes each word as it is", () => {
    const words = ["plain-name_1.yaml", "a b", "it's", "$HOME", "", "ünï", "*", "a\nb", "~/x"]
    const echoed = spawnSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8", env: { HOME: "/home/somebody" } }).stdout
    expect(echoed.split("\0").slice(0, -1)).toEqual(words)
    expect(shellWord("pipelines/quickstart.yaml")).toBe("pipelines/quickstart.yaml")
  })
})
