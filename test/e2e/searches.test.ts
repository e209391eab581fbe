/** A search by ASHA with the real command: a shell script as the training, killed on the way. */
import { once } from "node:events"
import { describe, expect, it } from "vitest"
import { makeProject } from "./project.ts"

/** The loss of a rate falls with the steps that it is given; a step is a line of the state. */
const file = `name: search
params: { rate: 1, steps: 1 }
sweep:
  asha: { points: 9, axes: { rate: { min: 0.01, max: 1, log: true } }, stage: train, metric: loss, goal: min, resource: steps, min: 1, max: 9, carry: { from: state }, parallel: 3 }
stages:
  train:
    uses: exec
    with:
      run:
        shell: |
          touch state; if [ -n "\${REPRISE_INPUT_FROM:-}" ]; then cat "$REPRISE_INPUT_FROM" > state; fi
          while [ "$(wc -l < state)" -lt "$STEPS" ]; do echo "step" >> state; echo "takes a step"; sleep 0.02; done
          cp state "$REPRISE_OUTPUT_STATE"
          LOSS=$(awk -v r="$RATE" -v s="$STEPS" 'BEGIN { print (log(r) + 2) ^ 2 + 1 / s }')
          echo "{\\"loss\\": $LOSS, \\"step\\": $STEPS}" >> "$REPRISE_METRICS"
          printf 'loss\\n%s\\n' "$LOSS" > "$REPRISE_OUTPUT_STAT"
      env: { RATE: "\${{ str(params.rate) }}", STEPS: "\${{ str(params.steps) }}" }
      outputs: { state: { file: text/plain }, stat: { table: csv } }
`

describe("a search", () => {
  it("runs 9, 3 and 1, says so, and ends the same after a kill on the way", async () => {
    const [whole, killed] = [makeProject({ "search.yaml": file }), makeProject({ "search.yaml": file })]
    expect(whole.reprise("plan", "search.yaml").out).toMatch(/27 tasks: 0 cached, 3 to run, 6 to be decided.*, 18 if they are promoted/)
    const first = whole.reprise("run", "search.yaml", "--jobs", "2")
    expect(first.err).toContain("13 ran, 14 not promoted")
    const ran = "select rate, steps, loss from train_stat order by all"
    const expected = whole.reprise("query", ran, "--format", "csv").out
    expect(expected.trim().split("\n")).toHaveLength(14)

    const run = killed.start("run", "search.yaml", "--jobs", "1", "--json")
    run.stderr?.resume()
    let events = ""
    for await (const chunk of run.stdout ?? []) {
      events += String(chunk)
      if ((events.match(/"type":"task-finished"/g) ?? []).length >= 4) break
    }
    run.kill("SIGKILL")
    if (run.signalCode === null) await once(run, "exit")
    const again = killed.reprise("run", "search.yaml")
    expect(again.err).toMatch(/not promoted/)
    expect(again.code).toBe(0)
    expect(killed.reprise("query", ran, "--format", "csv").out).toBe(expected)
    expect(killed.reprise("run", "search.yaml", "--dry-run")).toMatchObject({ code: 0, out: expect.stringContaining("14 not promoted: nothing to do") })
    expect(killed.reprise("status").out).toContain("13 of 27 tasks done, 14 not promoted")
  })
})
