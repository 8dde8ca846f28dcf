package io.fairlead.security;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is calling and whether they may. The server asks it for every call, before the call
 * costs anything else, on an event loop: it must not block, but may answer later.
 *
 * <pre>{@code
 * RpcServer.builder("inventory")
 *     .authorizer(Authorizer.byScopes(request -> callerOf(request.headers())))
 * }</pre>
 *
 * <p>A server whose contract names scopes does not start without one. The caller of an accepted
 * call is available to its handler and to limits, as {@link Caller#current}.
 */
@FunctionalInterface
public interface Authorizer {

  /** Returns the decision. A failed stage refuses the call with INTERNAL. */
  CompletionStage<Verdict> authorize(Request request);

  /**
   * Returns an authorizer that accepts a caller with every scope that the contract names.
   *
   * @param authenticate finds out who is calling; null for an unknown caller
   */
  static Authorizer byScopes(Function<Request, @Nullable Caller> authenticate) {
    return request -> {
      Caller caller = authenticate.apply(request);
      if (caller == null) {
        return CompletableFuture.completedFuture(
            new Verdict.Unauthenticated("no valid credentials"));
      }
      Set<String> missing = new TreeSet<>(request.scopes());
      missing.removeAll(caller.scopes());
      return CompletableFuture.completedFuture(
          missing.isEmpty()
              ? new Verdict.Allowed(caller)
              : new Verdict.Denied("scope " + String.join(", ", missing) + " is missing", caller));
    };
  }

  /**
   * Returns an authorizer that lets a call in if all of these do, asked in order. The caller is the
   * one that the first found; a refusal is that of the first that refuses.
   */
  static Authorizer allOf(Authorizer first, Authorizer... more) {
    return new CombinedAuthorizer(CombinedAuthorizer.listOf(first, more), true);
  }

  /**
   * Returns an authorizer that lets a call in as soon as one of these does, asked in order. If none
   * does, the call may be tried again if one of them could not decide; otherwise it is denied if
   * one of them knows the caller, and unauthenticated if none does.
   */
  static Authorizer anyOf(Authorizer first, Authorizer... more) {
    return new CombinedAuthorizer(CombinedAuthorizer.listOf(first, more), false);
  }

  /**
   * Returns an authorizer that asks another one for each method. A method that is not named is
   * denied.
   *
   * @param byName by the full name of a method ({@code "shop.v1.Inventory/Reserve"}), by the name
   *     of a service, or {@code "*"} for all others
   */
  static Authorizer byMethod(Map<String, Authorizer> byName) {
    Map<String, Authorizer> known = Map.copyOf(byName);
    return request -> {
      String method = request.method();
      Authorizer found = known.get(method);
      if (found == null) {
        found = known.get(method.substring(0, method.lastIndexOf('/')));
      }
      if (found == null) {
        found = known.get("*");
      }
      return found != null
          ? found.authorize(request)
          : CompletableFuture.completedFuture(
              new Verdict.Denied("nobody may call " + method + ": no rule names it"));
    };
  }

  /**
   * Returns this authorizer for some callers alone; others are denied.
   *
   * @param names of callers; one that ends with {@code *} stands for all that begin like it
   */
  default Authorizer forCallers(String... names) {
    List<String> patterns = List.of(names);
    return request ->
        authorize(request)
            .thenApply(
                verdict ->
                    verdict instanceof Verdict.Allowed allowed
                            && patterns.stream().noneMatch(allowed.caller()::isNamed)
                        ? new Verdict.Denied(
                            "the caller may not call " + request.method(), allowed.caller())
                        : verdict);
  }

  /**
   * What there is to decide on.
   *
   * @param method full name, such as {@code shop.v1.Inventory/Reserve}
   * @param scopes every scope that the contract asks for; may be empty
   * @param headers of the call, not to be changed
   * @param connection what the transport knows of the connection
   */
  record Request(String method, Set<String> scopes, Metadata headers, Attributes connection) {
    public Request {
      Objects.requireNonNull(method, "method");
      Objects.requireNonNull(headers, "headers");
      Objects.requireNonNull(connection, "connection");
    }

    /** Returns the client's certificate chain, its own first; empty without mutual TLS. */
    public List<Certificate> certificates() {
      SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
      if (session == null) {
        return List.of();
      }
      try {
        return List.of(session.getPeerCertificates());
      } catch (SSLPeerUnverifiedException e) {
        // The client showed none; whether that is enough is the authorizer's decision.
        return List.of();
      }
    }
  }

  /** What was decided. */
  sealed interface Verdict {
    /** The call goes on; {@link Caller#current()} tells the handler who calls. */
    record Allowed(Caller caller) implements Verdict {
      public Allowed {
        Objects.requireNonNull(caller, "caller");
      }
    }

    /** Answered UNAUTHENTICATED; the caller sees the reason. */
    record Unauthenticated(String reason) implements Verdict {
      public Unauthenticated {
        Objects.requireNonNull(reason, "reason");
      }
    }

    /**
     * Answered PERMISSION_DENIED; the caller sees the reason.
     *
     * @param caller who is denied, for observers and audits; null if it is not known
     */
    record Denied(String reason, @Nullable Caller caller) implements Verdict {
      public Denied {
        Objects.requireNonNull(reason, "reason");
      }

      /** Denies a caller that is not known. */
      public Denied(String reason) {
        this(reason, null);
      }
    }

    /**
     * Answered UNAVAILABLE: it cannot be decided now, and another attempt may succeed. The caller
     * sees the reason.
     */
    record Undecided(String reason) implements Verdict {
      public Undecided {
        Objects.requireNonNull(reason, "reason");
      }
    }
  }
}
