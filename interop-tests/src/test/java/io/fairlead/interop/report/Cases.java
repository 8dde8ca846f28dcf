package io.fairlead.interop.report;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;
import org.opentest4j.TestAbortedException;

/**
 * The cases of one peer in one direction: each becomes a test and a cell of the report. For a
 * {@code @TestFactory}, which must not touch the peer before its cases run: a missing tool then
 * skips cases, where it would else hide them.
 *
 * <pre>{@code
 * Cases cases = Cases.of(Area.TOOLS, "grpcurl", Direction.THEIR_CLIENT);
 * Supplier<Server> server = cases.shared(Server::start);
 * return cases
 *     .test("list", () -> assertThat(grpcurl.run("list", server.get().address())…))
 *     .notApplicable("xds", "needs a control plane")
 *     .tests();
 * }</pre>
 */
public final class Cases {
  private static final Pattern ISSUE = Pattern.compile("[\\w.-]+/[\\w.-]+#\\d+");

  private final Area area;
  private final String peer;
  private final Direction direction;
  private final List<DynamicTest> tests = new ArrayList<>();
  private final List<Cell> cells = new ArrayList<>();
  private final List<Shared<?>> shared = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  private Cases(Area area, String peer, Direction direction) {
    this.area = area;
    this.peer = peer;
    this.direction = direction;
  }

  /** Without a case yet. */
  public static Cases of(Area area, String peer, Direction direction) {
    return new Cases(area, peer, direction);
  }

  /** A case that must hold. */
  public Cases test(String name, Executable body) {
    Cell cell = announce(name);
    tests.add(dynamicTest(name, () -> run(cell, body)));
    return this;
  }

  /** A case that says nothing about this peer. */
  public Cases notApplicable(String name, String reason) {
    Cell cell = announce(name).with(Verdict.NOT_APPLICABLE, reason);
    cells.set(cells.size() - 1, cell);
    return this;
  }

  /**
   * A case that fails by the peer's fault.
   *
   * @param reason names what is wrong, and the peer's own issue, as in {@code grpc/grpc#34547}
   * @param body fails as long as the peer is wrong; the test fails when it holds at last
   */
  public Cases peerIsWrong(String name, String reason, Executable body) {
    if (!ISSUE.matcher(reason).find()) {
      throw new IllegalArgumentException("no issue of the peer in: " + reason);
    }
    Cell cell = announce(name);
    tests.add(dynamicTest(name, () -> runWrong(cell, reason, body)));
    return this;
  }

  /** What several cases use: opened for the first of them, closed after the last. */
  public <T extends AutoCloseable> Supplier<T> shared(Supplier<T> opener) {
    Shared<T> one = new Shared<>(opener);
    shared.add(one);
    return one;
  }

  /** All of it, for JUnit; which closes the stream and by that what is shared. */
  public Stream<DynamicTest> tests() {
    cells.forEach(Matrix::record);
    return tests.stream().onClose(() -> shared.forEach(Shared::close));
  }

  /** Says in the report how long something took. */
  public static void time(String what, String took) {
    System.out.println(what + ": " + took);
    Matrix.time(what, took);
  }

  private Cell announce(String name) {
    if (!names.add(name)) {
      throw new IllegalArgumentException("the case " + name + " of " + peer + " twice");
    }
    Cell cell = new Cell(area, direction, peer, name, cells.size(), Verdict.NOT_RUN, "");
    cells.add(cell);
    return cell;
  }

  private static void run(Cell cell, Executable body) throws Throwable {
    try {
      body.execute();
    } catch (TestAbortedException e) {
      Matrix.record(cell.with(Verdict.SKIPPED, e.toString()));
      throw e;
    } catch (Throwable e) {
      Matrix.record(cell.with(Verdict.FAIL, e.toString()));
      throw e;
    }
    Matrix.record(cell.with(Verdict.PASS, ""));
  }

  private static void runWrong(Cell cell, String reason, Executable body) throws Throwable {
    try {
      body.execute();
    } catch (TestAbortedException e) {
      Matrix.record(cell.with(Verdict.SKIPPED, e.toString()));
      throw e;
    } catch (Throwable e) {
      Matrix.record(cell.with(Verdict.PEER_IS_WRONG, reason));
      return;
    }
    String news = "holds now, though said to be wrong: " + reason;
    Matrix.record(cell.with(Verdict.FAIL, news));
    throw new AssertionError(cell.key() + " " + news);
  }

  private static final class Shared<T extends AutoCloseable> implements Supplier<T> {
    private final Supplier<T> opener;
    private @Nullable T value;

    Shared(Supplier<T> opener) {
      this.opener = opener;
    }

    @Override
    public synchronized T get() {
      T open = value;
      if (open == null) {
        open = opener.get();
        value = open;
      }
      return open;
    }

    synchronized void close() {
      if (value != null) {
        try {
          value.close();
        } catch (Exception e) {
          throw new IllegalStateException("Cannot close " + value, e);
        }
      }
    }
  }
}
