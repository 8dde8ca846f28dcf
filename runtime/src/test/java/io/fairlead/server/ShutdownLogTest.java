package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lines of a shutdown in a process that ends: java.util.logging ends at the same time. */
@Timeout(120)
class ShutdownLogTest {
  private static final List<String> STEPS =
      List.of("NOT_SERVING", "GOAWAY", "DRAINED", "CLOSED: nothing is left");

  /** How the process is set up. */
  enum Setup {
    /** With logging as the JDK has it. */
    PLAIN,
    /** A handler hands lines on to another library, as jul-to-slf4j does in Spring Boot. */
    BRIDGED,
    /** A hook of a framework closes the server, as that of Spring does. */
    CLOSED_BY_A_FRAMEWORK,
    /** The application closes the server, and the JVM is told to end meanwhile. */
    CLOSED_SHORTLY_BEFORE,
    /** The console's handler leaves out what is no warning. */
    WARNINGS_ONLY
  }

  /** The process; see {@link #everyStepIsALineInTheLog}. */
  public static void main(String[] arguments) {
    Setup setup = Setup.valueOf(arguments[0]);
    if (setup == Setup.BRIDGED) {
      Logger root = Logger.getLogger("");
      for (Handler handler : root.getHandlers()) {
        root.removeHandler(handler);
      }
      root.addHandler(new Bridge());
    }
    if (setup == Setup.WARNINGS_ONLY) {
      for (Handler handler : Logger.getLogger("").getHandlers()) {
        handler.setLevel(Level.WARNING);
      }
    }
    RpcServer.Builder builder =
        RpcServer.builder("leaving").host("127.0.0.1").service(EchoRpc.bind(new Echo() {}));
    if (setup == Setup.CLOSED_BY_A_FRAMEWORK) {
      RpcServer server = builder.start();
      Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    } else if (setup == Setup.CLOSED_SHORTLY_BEFORE) {
      endWhileItCloses(builder);
    } else {
      RpcServer unused = builder.shutdownHook().start();
    }
    System.exit(0);
  }

  /** The registry lets it serve for a second more, in which the JVM ends. */
  private static void endWhileItCloses(RpcServer.Builder builder) {
    CountDownLatch leaving = new CountDownLatch(1);
    ServerCallObserver observer =
        new ServerCallObserver() {
          @Override
          public void callEnded(ServerCallOutcome outcome) {}

          @Override
          public void stateChanged(String server, ServerState state) {
            if (state.phase() == ServerState.Phase.NOT_SERVING) {
              leaving.countDown();
            }
          }
        };
    RpcServer server =
        builder
            .registry(new InMemoryRegistry())
            .timeouts(bounds -> bounds.deregistrationDelay(Duration.ofSeconds(1)))
            .observer(observer)
            .shutdownHook()
            .start();
    Thread closing = new Thread(server::close);
    closing.setDaemon(true);
    closing.start();
    try {
      leaving.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @EnumSource(names = "WARNINGS_ONLY", mode = EnumSource.Mode.EXCLUDE)
  void everyStepIsALineInTheLog(Setup setup) throws IOException, InterruptedException {
    String output = run(setup);
    for (String step : STEPS) {
      assertThat(output).containsOnlyOnce("server leaving " + step);
    }
    if (setup == Setup.BRIDGED) {
      assertThat(output).contains("bridged INFO: server leaving NOT_SERVING: the JVM is ending");
    }
  }

  @Test
  void linesThatAHandlerLeavesOutStayOut() throws IOException, InterruptedException {
    assertThat(run(Setup.WARNINGS_ONLY)).doesNotContain("server leaving");
  }

  private static String run(Setup setup) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")),
                    ShutdownLogTest.class.getName(),
                    setup.name()))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  private static final class Bridge extends Handler {
    @Override
    public void publish(LogRecord entry) {
      System.out.println("bridged " + entry.getLevel() + ": " + entry.getMessage());
    }

    @Override
    public void flush() {
      System.out.flush();
    }

    @Override
    public void close() {
      // As that of SLF4J, it owns nothing.
    }
  }
}
