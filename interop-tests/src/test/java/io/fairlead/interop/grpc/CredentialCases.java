package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.RpcException;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.TestService;
import java.util.concurrent.Executor;

/**
 * The cases in which our client shows a token. The servers on stock libraries take one apart that
 * is made of a name and a scope, and refuse who shows none.
 */
final class CredentialCases {
  private static final String NAME = "depot-caller";
  private static final String SCOPE = "depot.read";
  private static final CallCredentials TOKEN = new Bearer(NAME + "~" + SCOPE);

  private CredentialCases() {}

  /** For one call alone: the next one of the same channel has no token. */
  static void onTheCall(OurClient client) {
    assertRefused(client);
    assertKnown(client.service(new OnTheCall()));
    assertRefused(client);
  }

  /** For all calls of a channel. */
  static void onTheChannel(int port, Security security) {
    try (OurClient without = OurClient.connect(port, security);
        OurClient with = OurClient.connect(port, TOKEN)) {
      assertRefused(without);
      assertKnown(with.service());
      assertKnown(with.service());
    }
  }

  private static SimpleRequest whoAmI() {
    return Requests.large().setFillUsername(true).setFillOauthScope(true).build();
  }

  private static void assertKnown(TestService service) {
    var response = service.unaryCall(whoAmI());
    ClientCases.assertLarge(response);
    assertThat(response.getUsername()).isEqualTo(NAME);
    assertThat(response.getOauthScope()).isEqualTo(SCOPE);
  }

  private static void assertRefused(OurClient client) {
    assertThatThrownBy(() -> client.service().unaryCall(whoAmI()))
        .isInstanceOfSatisfying(
            RpcException.class,
            failure -> assertThat(failure.code()).isEqualTo(Status.Code.UNAUTHENTICATED));
  }

  private static final class OnTheCall implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options.withCallCredentials(TOKEN));
    }
  }

  /** As Google's own: only for ears that are meant to hear it. */
  private static final class Bearer extends CallCredentials {
    private final Metadata headers = new Metadata();

    Bearer(String token) {
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    }

    @Override
    public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
      if (call.getSecurityLevel() == SecurityLevel.PRIVACY_AND_INTEGRITY) {
        applier.apply(headers);
      } else {
        applier.fail(
            Status.UNAUTHENTICATED.withDescription("no token over " + call.getSecurityLevel()));
      }
    }
  }
}
