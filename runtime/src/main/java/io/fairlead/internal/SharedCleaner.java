package io.fairlead.internal;

import java.lang.ref.Cleaner;

/**
 * The one cleaner of this process, with the one thread of ours that stays until the process ends.
 * It starts with the first stream or server, and serves warnings about forgotten sources and
 * builders alone.
 */
final class SharedCleaner {
  private static final Cleaner CLEANER =
      Cleaner.create(
          task -> {
            Thread thread = new Thread(task, "fairlead-cleaner");
            thread.setDaemon(true);
            return thread;
          });

  private SharedCleaner() {}

  static Cleaner.Cleanable register(Object handle, Runnable action) {
    return CLEANER.register(handle, action);
  }
}
