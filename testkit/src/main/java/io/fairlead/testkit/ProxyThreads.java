package io.fairlead.testkit;

/** Threads of the proxy: daemons, so that a forgotten proxy does not keep a JVM alive. */
final class ProxyThreads {
  private ProxyThreads() {}

  static Thread start(String name, Runnable body) {
    Thread thread = new Thread(body, "faulty-proxy-" + name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
