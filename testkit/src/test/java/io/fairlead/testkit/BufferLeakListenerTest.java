package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class BufferLeakListenerTest {
  static final String NESTED = "io.fairlead.testkit.nested";

  @Test
  void runsOfThisBuildWatchEveryBuffer() {
    assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
  }

  @Test
  void aLeakFailsTheRunAndNamesTheTest() {
    assertThatThrownBy(() -> runInNestedLauncher(Leaks.class))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("1 leaked buffer:")
        .hasMessageContaining("BufferLeakListenerTest$Leaks.dropsABuffer");
  }

  @Test
  void aCleanRunPasses() {
    assertThatCode(() -> runInNestedLauncher(Releases.class)).doesNotThrowAnyException();
  }

  private static void runInNestedLauncher(Class<?> testClass) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(testClass))
            .configurationParameter(NESTED, "true")
            .build();
    System.setProperty(NESTED, "true");
    try (LauncherSession session = LauncherFactory.openSession()) {
      session.getLauncher().execute(request);
    } finally {
      System.clearProperty(NESTED);
    }
  }

  /** Run by the test above alone: static nested classes are not discovered by the build. */
  @EnabledIfSystemProperty(named = NESTED, matches = "true")
  static class Leaks {
    @Test
    void dropsABuffer() {
      ByteBuf buffer = PooledByteBufAllocator.DEFAULT.buffer(64);
      buffer.writeInt(1);
    }
  }

  @EnabledIfSystemProperty(named = NESTED, matches = "true")
  static class Releases {
    @Test
    void releasesItsBuffer() {
      ByteBuf buffer = PooledByteBufAllocator.DEFAULT.buffer(64);
      buffer.writeInt(1);
      assertThat(buffer.release()).isTrue();
    }
  }
}
