package io.fairlead.server.internal.stack;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.security.Caller;
import io.fairlead.server.internal.call.CallRejection;
import io.fairlead.server.internal.call.DeferredCall;
import io.fairlead.server.internal.call.QuietClose;
import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the authorizer, and hands the caller on in the call's context.
 *
 * <p>It runs on the event loop, and the authorizer promises not to block. An answer that is there
 * at once is the usual case, and costs no further object. For one that comes later, the call waits
 * as a {@link DeferredCall}, and continues on the thread that brings the answer. A failure of the
 * authorizer never lets a call in: it ends with INTERNAL, and the log has the exception.
 */
final class AuthInterceptor implements ServerInterceptor {
  private static final System.Logger LOG = System.getLogger(AuthInterceptor.class.getName());

  private final Authorizer authorizer;
  private final String method;
  private final String watched;
  private final Set<String> scopes;

  AuthInterceptor(Authorizer authorizer, String method, Set<String> scopes) {
    this.authorizer = authorizer;
    this.method = method;
    this.watched = "the authorizer of " + method;
    this.scopes = Set.copyOf(scopes);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    CompletableFuture<Verdict> verdict = ask(call, headers);
    if (verdict.isDone()) {
      return decided(read(verdict, call), call, headers, next);
    }
    return later(verdict, call, headers, next);
  }

  /** Asks the authorizer; what it throws is a failed answer. */
  private CompletableFuture<Verdict> ask(ServerCall<?, ?> call, Metadata headers) {
    // Promised not to block; who breaks the promise is named.
    LoopActivity activity = EventLoopBlockDetector.shared().enter(watched);
    try {
      return authorizer
          .authorize(new Authorizer.Request(method, scopes, headers, call.getAttributes()))
          .toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  private static <Q, R> ServerCall.Listener<Q> decided(
      Decision decision, ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (decision.callRejection() != null) {
      ServerCallRecorder recorder = ServerCallRecorder.current();
      if (recorder != null) {
        recorder.rejectedByAuthorizer();
      }
      decision.callRejection().close(call);
      return QuietClose.noopListener();
    }
    return Contexts.interceptCall(decision.context(), call, headers, next);
  }

  /** Continues the call when the answer arrives; until then its events wait. */
  @SuppressWarnings("FutureReturnValueIgnored") // read() sees and logs the failure
  private static <Q, R> ServerCall.Listener<Q> later(
      CompletableFuture<Verdict> verdict,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    Context context = Context.current();
    DeferredCall<Q, R> deferred =
        new DeferredCall<>(call, headers, (c, h) -> decided(read(verdict, c), c, h, next));
    // The thread that brings the answer is not ours; what follows does not block it.
    verdict.whenComplete((answer, failure) -> context.run(() -> deferred.start(Runnable::run)));
    return deferred;
  }

  /** Only of a stage that is done. */
  private static Decision read(CompletableFuture<Verdict> done, ServerCall<?, ?> call) {
    Verdict verdict;
    try {
      verdict = done.join();
    } catch (CompletionException | java.util.concurrent.CancellationException e) {
      LOG.log(
          Level.WARNING,
          "the authorizer failed on " + call.getMethodDescriptor().getFullMethodName(),
          e);
      return Decision.no(Status.INTERNAL.withDescription("the authorizer failed"));
    }
    if (verdict instanceof Verdict.Allowed allowed) {
      note(allowed.caller());
      return new Decision(allowed.caller().in(Context.current()), null);
    }
    if (verdict instanceof Verdict.Unauthenticated nobody) {
      return Decision.no(Status.UNAUTHENTICATED.withDescription(nobody.reason()));
    }
    if (verdict instanceof Verdict.Denied denied) {
      if (denied.caller() != null) {
        note(denied.caller());
      }
      return Decision.no(Status.PERMISSION_DENIED.withDescription(denied.reason()));
    }
    if (verdict instanceof Verdict.Undecided undecided) {
      return Decision.no(Status.UNAVAILABLE.withDescription(undecided.reason()));
    }
    return Decision.no(Status.INTERNAL.withDescription("the authorizer gave no verdict"));
  }

  private static void note(Caller caller) {
    ServerCallRecorder recorder = ServerCallRecorder.current();
    if (recorder != null) {
      recorder.identified(caller.name());
    }
  }

  @Override
  public String toString() {
    return scopes.isEmpty() ? "authorize" : "authorize" + new TreeSet<>(scopes);
  }

  /** One of the two. */
  private record Decision(Context context, @Nullable CallRejection callRejection) {
    static Decision no(Status status) {
      return new Decision(Context.current(), CallRejection.of(status));
    }
  }
}
