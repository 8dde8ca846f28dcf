package io.fairlead.security.policy;

import io.fairlead.security.Authorizer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls in that a policy in a file allows. Another authorizer finds out who calls.
 *
 * <pre>{@code
 * PolicyAuthorizer access =
 *     PolicyAuthorizer.builder(Path.of("/etc/shop/access.policy"), tokens).start();
 * RpcServer.builder("inventory").authorizer(access)
 * }</pre>
 *
 * <p>The file is read again when it changes. A file that is wrong is not taken: the policy before
 * stays, and the log and {@link #problem} name the lines. Each refusal goes to the audit, with the
 * name of the rule. Safe for use by many threads. Whoever starts it closes it.
 */
public final class PolicyAuthorizer implements Authorizer, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PolicyAuthorizer.class.getName());

  private final Path file;
  private final Authorizer callers;
  private final boolean dryRun;
  private final Consumer<AccessRefusal> audit;
  private final @Nullable ScheduledExecutorService ownScheduler;

  private volatile AccessPolicy policy;

  // Only touched by the thread that reads.
  private String text;

  /** What the last look found; it is taken when the next look finds the same. */
  private @Nullable String seen;

  /** Why the file was not taken; null if it is in use. Written by the thread that reads. */
  private volatile @Nullable String problem;

  private PolicyAuthorizer(
      Builder builder, ScheduledExecutorService scheduler, boolean ownScheduler) {
    this.file = builder.file;
    this.callers = builder.callers;
    this.dryRun = builder.dryRun;
    this.audit = builder.audit;
    this.ownScheduler = ownScheduler ? scheduler : null;
    try {
      this.text = AccessPolicy.text(file);
    } catch (IOException e) {
      throw new IllegalStateException(
          "the access policy cannot be read: " + e + "; nobody could call", e);
    }
    this.policy = AccessPolicy.parse(file.toString(), text);
  }

  /**
   * Returns a builder.
   *
   * @param file with the rules
   * @param callers finds out who calls, e.g. a {@code JwtAuthorizer}
   */
  public static Builder builder(Path file, Authorizer callers) {
    return new Builder(file, callers);
  }

  @Override
  public CompletionStage<Verdict> authorize(Request request) {
    CompletionStage<Verdict> known = callers.authorize(request);
    CompletableFuture<Verdict> answer = known.toCompletableFuture();
    if (answer.isDone() && !answer.isCompletedExceptionally()) {
      Verdict before = answer.join();
      Verdict after = judge(before, request.method());
      return before == after ? known : CompletableFuture.completedFuture(after);
    }
    return answer
        .whenComplete(
            (verdict, failed) -> {
              if (failed != null) {
                report(new AccessRefusal(request.method(), null, AccessRefusal.UNDECIDED, false));
              }
            })
        .thenApply(verdict -> judge(verdict, request.method()));
  }

  private Verdict judge(Verdict verdict, String method) {
    if (!(verdict instanceof Verdict.Allowed allowed)) {
      report(new AccessRefusal(method, deniedCaller(verdict), builtInRule(verdict), false));
      return verdict;
    }
    AccessPolicy.Decision decision = policy.decide(method, allowed.caller());
    if (decision.allowed()) {
      return verdict;
    }
    report(new AccessRefusal(method, allowed.caller().name(), decision.rule(), dryRun));
    return dryRun
        ? verdict
        : new Verdict.Denied(
            "the access policy of the server does not allow " + method, allowed.caller());
  }

  private static @Nullable String deniedCaller(Verdict refusal) {
    return refusal instanceof Verdict.Denied denied && denied.caller() != null
        ? denied.caller().name()
        : null;
  }

  private static String builtInRule(Verdict refusal) {
    if (refusal instanceof Verdict.Denied) {
      return AccessRefusal.AUTHORIZER;
    }
    return refusal instanceof Verdict.Undecided
        ? AccessRefusal.UNDECIDED
        : AccessRefusal.AUTHENTICATION;
  }

  /** An audit that fails does not open the server, nor close it. */
  private void report(AccessRefusal refusal) {
    try {
      audit.accept(refusal);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the audit of refused calls failed", e);
    }
  }

  /**
   * Reads the file, and takes it over if it has changed and is right. A file that is being written
   * may end anywhere, also before its deny rules, so two looks in a row must agree.
   */
  private void read() {
    try {
      String before = seen;
      seen = null;
      String read = AccessPolicy.text(file);
      seen = read;
      if (read.equals(text)) {
        if (problem != null) {
          LOG.log(Level.INFO, file + " has the policy again that is in use: " + policy);
          problem = null;
        }
      } else if (read.equals(before)) {
        policy = AccessPolicy.parse(file.toString(), read);
        text = read;
        problem = null;
        LOG.log(Level.INFO, "took over " + file + ": " + policy);
      }
    } catch (IOException | RuntimeException e) {
      String found = e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
      // Once for each mistake, not for each time that it is found.
      if (!found.equals(problem)) {
        LOG.log(
            Level.WARNING,
            "the access policy was not taken, and the one before stays in use:\n" + found);
        problem = found;
      }
    }
  }

  /**
   * Returns why the file was not taken, with the lines; empty if the policy that decides is that of
   * the file. For an alarm: whoever changed the file believes that the change is in use.
   */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /** Returns the policy that decides now. */
  public AccessPolicy policy() {
    return policy;
  }

  /** Stops reading the file; the policy stays as it is. Does not close who finds out callers. */
  @Override
  public void close() {
    if (ownScheduler != null) {
      ownScheduler.shutdownNow();
    }
  }

  /** Returns the file, and how many rules it has. */
  @Override
  public String toString() {
    return "PolicyAuthorizer[" + file + ": " + policy + (dryRun ? ", dry run" : "") + "]";
  }

  /** Collects what the authorizer is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final Path file;
    private final Authorizer callers;
    private boolean dryRun;
    private Consumer<AccessRefusal> audit = new AuditLog(System::nanoTime);
    private Duration reloadInterval = Duration.ofSeconds(5);

    private Builder(Path file, Authorizer callers) {
      this.file = Objects.requireNonNull(file, "file");
      this.callers = Objects.requireNonNull(callers, "callers");
    }

    /**
     * Refuses nothing by the policy, and tells the audit what it would have refused. Calls without
     * a known caller are still refused.
     */
    public Builder dryRun() {
      this.dryRun = true;
      return this;
    }

    /**
     * Sets who hears of each refusal, on the thread of the call, which must not block. Default: the
     * log, with at most 20 lines in a second.
     */
    public Builder audit(Consumer<AccessRefusal> audit) {
      this.audit = Objects.requireNonNull(audit, "audit");
      return this;
    }

    /** Sets how soon a change is taken over; the file is looked at twice as often. Default: 5s. */
    public Builder reloadInterval(Duration interval) {
      if (interval.isNegative() || interval.isZero()) {
        throw new IllegalArgumentException(
            "reloadInterval is " + interval + "; it must be positive");
      }
      this.reloadInterval = interval;
      return this;
    }

    /**
     * Reads the file, and looks at it from now on.
     *
     * @throws IllegalArgumentException if a line of it is wrong
     * @throws IllegalStateException if it cannot be read
     */
    public PolicyAuthorizer start() {
      ScheduledThreadPoolExecutor scheduler =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, "fairlead-access-policy");
                thread.setDaemon(true);
                return thread;
              });
      try {
        return start(scheduler, true);
      } catch (RuntimeException e) {
        scheduler.shutdownNow();
        throw e;
      }
    }

    /** With the time of a test. */
    PolicyAuthorizer start(ScheduledExecutorService scheduler) {
      return start(scheduler, false);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // read() lets nothing out
    private PolicyAuthorizer start(ScheduledExecutorService scheduler, boolean own) {
      PolicyAuthorizer authorizer = new PolicyAuthorizer(this, scheduler, own);
      long nanos = Math.max(1, reloadInterval.toNanos() / 2);
      scheduler.scheduleWithFixedDelay(authorizer::read, nanos, nanos, TimeUnit.NANOSECONDS);
      return authorizer;
    }
  }
}
