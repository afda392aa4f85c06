// Scenes that are set: an interrupted run takes them down, so that it leaves no process, namespace or object behind.

interface Scene {
  remove(): Promise<void>;
}

const open = new Set<Scene>();

/** Plays in a scene, and removes it whatever happens. */
export async function playing<S extends Scene, R>(scene: S, play: (scene: S) => Promise<R>): Promise<R> {
  open.add(scene);
  try {
    return await play(scene);
  } finally {
    if (open.delete(scene)) await scene.remove();
  }
}

export function removeOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const scenes = [...open];
      open.clear();
      void Promise.allSettled(scenes.map((scene) => scene.remove())).then(() => process.exit(130));
    });
  }
}
