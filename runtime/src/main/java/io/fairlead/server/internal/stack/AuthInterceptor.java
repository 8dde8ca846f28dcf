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
import java.util.concurrent.CancellationException;
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
  private final boolean keepsContext;

  /**
   * @param keepsContext whether what is below runs its code in the context that it was started in,
   *     and so needs no listener that brings the context back for each event
   */
  AuthInterceptor(Authorizer authorizer, String method, Set<String> scopes, boolean keepsContext) {
    this.authorizer = authorizer;
    this.method = method;
    this.watched = "the authorizer of " + method;
    this.scopes = Set.copyOf(scopes);
    this.keepsContext = keepsContext;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    CompletableFuture<Verdict> verdict = ask(call, headers);
    if (verdict.isDone()) {
      return decided(verdict, call, headers, next);
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

  /** Continues or ends a call whose verdict is there. */
  private <Q, R> ServerCall.Listener<Q> decided(
      CompletableFuture<Verdict> done,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    Verdict verdict;
    try {
      verdict = done.join();
    } catch (CompletionException | CancellationException e) {
      LOG.log(
          Level.WARNING,
          "the authorizer failed on " + call.getMethodDescriptor().getFullMethodName(),
          e);
      return rejected(Status.INTERNAL.withDescription("the authorizer failed"), call);
    }
    if (verdict instanceof Verdict.Allowed allowed) {
      note(allowed.caller());
      return allowed(allowed.caller().in(Context.current()), call, headers, next);
    }
    if (verdict instanceof Verdict.Denied denied && denied.caller() != null) {
      note(denied.caller());
    }
    return rejected(status(verdict), call);
  }

  private <Q, R> ServerCall.Listener<Q> allowed(
      Context context, ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!keepsContext) {
      return Contexts.interceptCall(context, call, headers, next);
    }
    Context previous = context.attach();
    try {
      return next.startCall(call, headers);
    } finally {
      context.detach(previous);
    }
  }

  /** Continues the call when the answer arrives; until then its events wait. */
  @SuppressWarnings("FutureReturnValueIgnored") // decided() sees and logs the failure
  private <Q, R> ServerCall.Listener<Q> later(
      CompletableFuture<Verdict> verdict,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    Context context = Context.current();
    DeferredCall<Q, R> deferred =
        new DeferredCall<>(call, headers, (c, h) -> decided(verdict, c, h, next));
    // The thread that brings the answer is not ours; what follows does not block it.
    verdict.whenComplete((answer, failure) -> context.run(() -> deferred.start(Runnable::run)));
    return deferred;
  }

  private static <Q, R> ServerCall.Listener<Q> rejected(Status status, ServerCall<Q, R> call) {
    ServerCallRecorder recorder = ServerCallRecorder.current();
    if (recorder != null) {
      recorder.rejectedByAuthorizer();
    }
    CallRejection.of(status).close(call);
    return QuietClose.noopListener();
  }

  /** How a call ends that is not let in. */
  private static Status status(@Nullable Verdict verdict) {
    if (verdict instanceof Verdict.Unauthenticated nobody) {
      return Status.UNAUTHENTICATED.withDescription(nobody.reason());
    }
    if (verdict instanceof Verdict.Denied denied) {
      return Status.PERMISSION_DENIED.withDescription(denied.reason());
    }
    if (verdict instanceof Verdict.Undecided undecided) {
      return Status.UNAVAILABLE.withDescription(undecided.reason());
    }
    return Status.INTERNAL.withDescription("the authorizer gave no verdict");
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
}
