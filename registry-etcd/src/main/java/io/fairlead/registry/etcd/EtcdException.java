package io.fairlead.registry.etcd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why etcd did not do what was asked, in one sentence that names the endpoint and the cause. */
final class EtcdException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What can be done about it. */
  enum Kind {
    /** No connection, no answer in time, or no quorum. */
    UNREACHABLE,
    /** Wrong user or password, or a token that is no longer good. */
    UNAUTHENTICATED,
    /** A user was given, and etcd has no authentication: none is needed. */
    AUTHENTICATION_OFF,
    /** The user may not do this. */
    DENIED,
    /** etcd has reached its quota, and takes no writes. */
    NO_SPACE,
    /** TLS could not be agreed on. */
    INSECURE,
    /** Something answers there, but not etcd. */
    NOT_ETCD,
    /** An etcd answers there, but of another cluster than most endpoints. */
    OTHER_CLUSTER,
    /** The revision is compacted. */
    COMPACTED,
    /** Anything else. */
    OTHER
  }

  private final Kind kind;

  EtcdException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  /** Returns whether the connection as a whole is in doubt, not this request alone. */
  boolean isConnectionFailure() {
    return kind == Kind.UNREACHABLE
        || kind == Kind.UNAUTHENTICATED
        || kind == Kind.INSECURE
        || kind == Kind.NOT_ETCD
        || kind == Kind.OTHER_CLUSTER;
  }

  /** Whether etcd answers, but does not take what we write, until somebody does something. */
  boolean isRefusal() {
    return kind == Kind.NO_SPACE || kind == Kind.DENIED;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  static EtcdException timeout(String endpoint, String task, Duration within) {
    return new EtcdException(
        Kind.UNREACHABLE,
        cannot(task)
            + "etcd at "
            + endpoint
            + " did not answer within "
            + DurationFormat.format(within));
  }

  /**
   * Out of whatever was thrown.
   *
   * @param task what we wanted to do there, as in {@code "renew the lease"}; empty if nothing but
   *     to reach it
   */
  static EtcdException of(String endpoint, String task, Throwable thrown) {
    if (thrown instanceof EtcdException failure) {
      return failure;
    }
    StatusRuntimeException status = statusIn(thrown);
    if (status == null) {
      return new EtcdException(
          Kind.OTHER, cannot(task) + "etcd at " + endpoint + " failed: " + thrown);
    }
    return of(endpoint, task, status.getStatus());
  }

  static EtcdException of(String endpoint, String task, Status status) {
    // grpc-java appends lines about its own inside.
    String said =
        status.getDescription() == null
            ? ""
            : status.getDescription().lines().findFirst().orElse("");
    Throwable root = root(status.getCause());
    Kind kind = kindOf(status, said, root);
    return new EtcdException(
        kind, cannot(task) + "etcd at " + endpoint + sentence(kind, status, said, root));
  }

  private static String cannot(String task) {
    return task.isEmpty() ? "" : "cannot " + task + ": ";
  }

  private static Kind kindOf(Status status, String said, @Nullable Throwable root) {
    if (root instanceof SSLException || root instanceof java.security.GeneralSecurityException) {
      return Kind.INSECURE;
    }
    if (said.contains("required revision has been compacted")) {
      return Kind.COMPACTED;
    }
    if (said.contains("database space exceeded")) {
      return Kind.NO_SPACE;
    }
    // etcd gives no code of its own to these, and other codes in other versions.
    if (said.contains("authentication is not enabled")) {
      return Kind.AUTHENTICATION_OFF;
    }
    if (said.contains("invalid auth token")
        || said.contains("authentication failed")
        || said.contains("revision of auth store is old")
        || said.contains("user name is empty")
        || status.getCode() == Status.Code.UNAUTHENTICATED) {
      return Kind.UNAUTHENTICATED;
    }
    return switch (status.getCode()) {
      case PERMISSION_DENIED -> Kind.DENIED;
      case UNIMPLEMENTED -> Kind.NOT_ETCD;
      case UNAVAILABLE -> notHttp2(said, root) ? Kind.NOT_ETCD : Kind.UNREACHABLE;
      case DEADLINE_EXCEEDED, CANCELLED -> Kind.UNREACHABLE;
      case INTERNAL, UNKNOWN -> notHttp2(said, root) ? Kind.NOT_ETCD : Kind.OTHER;
      default -> Kind.OTHER;
    };
  }

  private static boolean notHttp2(String said, @Nullable Throwable root) {
    String all = (said + " " + (root == null ? "" : root.getMessage())).toLowerCase(Locale.ROOT);
    return all.contains("http/1")
        || all.contains("http status code")
        || all.contains("invalid content-type")
        || all.contains("unexpected http/1.x")
        || all.contains("http2 exception")
        || all.contains("first received frame was not settings");
  }

  private static String sentence(Kind kind, Status status, String said, @Nullable Throwable root) {
    String cause = root == null ? "" : ": " + root.getMessage();
    return switch (kind) {
      case UNREACHABLE -> " is not reachable (" + said + cause + ")";
      case UNAUTHENTICATED ->
          said.contains("user name is empty")
              ? " refuses it (" + said + "); its authentication is on: set user and password"
              : " refuses it (" + said + "); check user and password";
      case AUTHENTICATION_OFF -> " needs no user (" + said + ")";
      case DENIED -> " refuses it (" + said + "); grant the user's role readwrite on the prefix";
      case NO_SPACE ->
          " has no space left ("
              + said
              + "); compact and defragment it, raise its quota if it needs more, and disarm its alarm";
      case INSECURE ->
          ": no TLS connection ("
              + said
              + cause
              + "); check the CA, the host name and http or https";
      case NOT_ETCD ->
          " does not answer as an etcd v3 server (" + said + cause + "); check host and port";
      case COMPACTED -> " has compacted the wanted revision";
      case OTHER_CLUSTER, OTHER -> " failed (" + status.getCode() + " " + said + cause + ")";
    };
  }

  /**
   * The status at the bottom: jetcd and futures wrap it, and {@link ChannelRedirectInterceptor}
   * hides it.
   */
  private static @Nullable StatusRuntimeException statusIn(Throwable thrown) {
    StatusRuntimeException found = null;
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof StatusRuntimeException status) {
        found = status;
        if (!ChannelRedirectInterceptor.HIDDEN.equals(status.getStatus().getDescription())) {
          return found;
        }
      }
    }
    return found;
  }

  private static @Nullable Throwable root(@Nullable Throwable thrown) {
    Throwable at = thrown;
    while (at != null && at.getCause() != null && at.getCause() != at) {
      at = at.getCause();
    }
    return at;
  }
}
