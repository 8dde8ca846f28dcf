package io.fairlead.internal.executor;

/** Makes small pools of platform threads, on every JDK, for tests of other packages. */
public final class HandlerPools {
  private HandlerPools() {}

  public static HandlerExecutor ofSize(String name, int maxThreads) {
    return HandlerExecutor.pool(name, maxThreads);
  }
}
