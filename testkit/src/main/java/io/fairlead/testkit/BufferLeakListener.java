package io.fairlead.testkit;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Fails the test run in which a Netty buffer was dropped without being released. JUnit finds it by
 * itself; it works when Netty is present and runs with {@code
 * -Dio.netty.leakDetection.level=paranoid}, since only then every buffer is watched.
 */
public final class BufferLeakListener implements LauncherSessionListener {
  private static final String LEVEL = "io.netty.leakDetection.level";

  private final boolean on = isOn();

  /** Made by JUnit. */
  public BufferLeakListener() {}

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    if (on) {
      NettyLeaks.watch();
    }
  }

  /** Begins to watch, where no test run has begun to; must come before Netty's first buffer. */
  static void watchIfOn() {
    if (isOn()) {
      NettyLeaks.watch();
    }
  }

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    if (on) {
      NettyLeaks.failIfAny();
    }
  }

  private static boolean isOn() {
    return "paranoid".equalsIgnoreCase(System.getProperty(LEVEL)) && nettyIsPresent();
  }

  /** Fails at once when a buffer was dropped; does nothing where the check is off. */
  static void assertNoneSoFar() {
    if (isOn()) {
      NettyLeaks.failIfAny();
    }
  }

  private static boolean nettyIsPresent() {
    try {
      Class.forName(
          "io.netty.util.ResourceLeakDetectorFactory",
          false,
          BufferLeakListener.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
