/** When APGD looks back (Croce and Hein 2020): after 22 % of its steps, then at intervals that shrink by 3 % of all steps down to 6 %. */
export const checkpoints = (steps: number): ReadonlyArray<number> => {
  const [first, least, less] = [0.22, 0.06, 0.03].map((share) => Math.max(Math.trunc(share * steps), 1))
  const places: Array<number> = []
  let interval = first ?? 1
  for (let at = interval; at <= steps; at += interval) {
    places.push(at)
    interval = Math.max(interval - (less ?? 1), least ?? 1)
  }
  return places
}
