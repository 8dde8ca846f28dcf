package io.fairlead.contract;

import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names a handler class that lacks a method, in one warning for each class: a caller must not be
 * able to flood the log. The number of classes is bounded, too, as handlers may be made for each
 * call by a factory of the application.
 */
final class LogOnceUnimplemented {
  private static final System.Logger LOG = System.getLogger(MethodContract.class.getName());
  private static final int MAX_CLASSES = 16;

  private final Set<String> reported = ConcurrentHashMap.newKeySet();

  void report(String method, Class<?> handler) {
    if (reported.size() < MAX_CLASSES && reported.add(handler.getName())) {
      LOG.log(
          Level.WARNING,
          "{0} was called, but {1} does not implement it; callers get UNIMPLEMENTED",
          method,
          handler.getName());
    }
  }
}
