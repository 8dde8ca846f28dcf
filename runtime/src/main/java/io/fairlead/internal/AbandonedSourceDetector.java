package io.fairlead.internal;

import java.lang.StackWalker.StackFrame;
import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Closes a stream that nobody holds any more, and says where it was opened.
 *
 * <p>A reader that forgets its source would leave the call open, and its sender waiting, for good.
 * The source is watched with a cleaner; the state that is watched must not refer to the source. The
 * place is recorded when the source is made, and turned into text only for a warning.
 */
public final class AbandonedSourceDetector implements Runnable {
  private static final System.Logger LOG = System.getLogger("io.fairlead.Source");
  private static final StackWalker STACK = StackWalker.getInstance();
  private static final int FRAMES = 4;

  /** Whose frames say nothing to the reader of the warning. */
  private static final Set<String> OURS =
      Set.of(
          AbandonedSourceDetector.class.getName(),
          "io.fairlead.GeneratorSource",
          "io.fairlead.contract.internal.stream.InboundSource",
          "io.fairlead.contract.client.ClientCalls");

  private final State state;
  private final List<StackFrame> openedAt;

  private AbandonedSourceDetector(State state, List<StackFrame> openedAt) {
    this.state = state;
    this.openedAt = openedAt;
  }

  /** What outlives its handle, and must not lead back to it. Its text names it in the warning. */
  public interface State {
    /** Returns whether nothing is left to close. */
    boolean isOver();

    /** Closes it, on the cleaner's thread. */
    void closeAbandoned();
  }

  /**
   * Watches a handle.
   *
   * @return to be cleaned when the stream is over, so that nothing is kept
   */
  public static Cleaner.Cleanable watch(Object handle, State state) {
    return SharedCleaner.register(handle, new AbandonedSourceDetector(state, here()));
  }

  private static List<StackFrame> here() {
    return STACK.walk(
        frames ->
            frames
                .dropWhile(frame -> OURS.contains(frame.getClassName()))
                .limit(FRAMES)
                .collect(Collectors.toList()));
  }

  @Override
  public void run() {
    if (state.isOver()) {
      return;
    }
    LOG.log(
        Level.WARNING,
        () ->
            state
                + " was neither read to its end nor closed; its call is now cancelled. Close a"
                + " source that you leave early. It was opened at "
                + openedAt.stream().map(StackFrame::toString).collect(Collectors.joining(" < ")));
    state.closeAbandoned();
  }
}
