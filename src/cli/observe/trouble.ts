// Says once that the API server does not answer, and once that it does again.

export function troubleTeller(say: (line: string) => void): (trouble: string | undefined) => void {
  let isThere = false;
  return (trouble) => {
    if ((trouble !== undefined) === isThere) return;
    isThere = trouble !== undefined;
    say(trouble ?? 'the API server answers again');
  };
}
