package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallContext;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which methods need a caller, and servers that refuse to start while that is not said. */
@Timeout(60)
class MethodAccessTest {
  private static final Authorizer NOBODY = Authorizer.byScopes(request -> null);

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private static RpcServer.Builder echo() {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .service(
            EchoRpc.bind(
                new Echo() {
                  @Override
                  public StringValue say(StringValue request) {
                    return StringValue.of(
                        CallContext.current()
                            .caller()
                            .map(caller -> caller.name() + caller.claims())
                            .orElse("nobody"));
                  }
                }));
  }

  private String say(RpcServer.Builder builder) {
    return EchoRpc.client(running.channel(running.start(builder)))
        .say(StringValue.of("x"))
        .getValue();
  }

  private Status failure(RpcServer.Builder builder) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> say(builder)).getStatus();
  }

  @Test
  void aPublicMethodNeedsNoCaller() {
    assertThat(failure(echo().authorizer(NOBODY)).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(say(echo().authorizer(NOBODY).publicMethods("test.v1.Echo/Say")))
        .isEqualTo("nobody");
    assertThat(say(echo().authorizer(NOBODY).publicMethods("test.v1.Echo"))).isEqualTo("nobody");
  }

  @Test
  void aHandlerSeesItsCallerWithTheClaims() {
    Authorizer ann =
        Authorizer.byScopes(request -> new Caller("ann", Set.of(), Map.of("tenant", "acme")));
    assertThat(say(echo().authorizer(ann))).isEqualTo("ann{tenant=acme}");
    assertThat(say(echo())).isEqualTo("nobody");
  }

  @Test
  void aCallThatCannotBeDecidedNowMayBeTriedAgain() {
    Authorizer down =
        request ->
            CompletableFuture.completedFuture(
                new Authorizer.Verdict.Undecided("the keys cannot be read now"));
    Status failure = failure(echo().authorizer(down));
    assertThat(failure.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure.getDescription()).contains("the keys cannot be read now");
  }

  @Test
  void aServerThatIsSecureByDefaultNamesTheMethodsThatSayNothing() {
    assertThatThrownBy(() -> echo().authorizer(NOBODY).secureByDefault().start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "nothing says who may call (test\\.v1\\.Echo/\\w+, )*test\\.v1\\.Echo/Say(,"
                + " test\\.v1\\.Echo/\\w+)*, and secureByDefault\\(\\) asks for it; state"
                + " auth_scopes or public in the contract, or name them in"
                + " authenticatedMethods\\(\\.\\.\\.\\) or publicMethods\\(\\.\\.\\.\\)");
  }

  @Test
  void aServerThatIsSecureByDefaultStartsWhenEachMethodSaysWho() {
    assertThat(say(echo().publicMethods("test.v1.Echo").secureByDefault())).isEqualTo("nobody");
    Authorizer ann = Authorizer.byScopes(request -> new Caller("ann", Set.of("say")));
    assertThat(say(echo().authenticatedMethods("test.v1.Echo").authorizer(ann).secureByDefault()))
        .isEqualTo("ann{}");
    assertThat(
            say(
                echo()
                    .policy("*", MethodPolicy.builder().authScopes("say").build())
                    .authorizer(ann)
                    .secureByDefault()))
        .isEqualTo("ann{}");
  }

  private static MethodPolicy publicAccess(boolean value) {
    return MethodPolicy.builder().publicAccess(value).build();
  }

  @Test
  void aPolicySaysWhoMayCallWithoutALineInTheBuilder() {
    RpcServer.Builder open = echo().policy("test.v1.Echo", publicAccess(true));
    assertThat(say(open.authorizer(NOBODY).secureByDefault())).isEqualTo("nobody");
    RpcServer.Builder known = echo().policy("test.v1.Echo", publicAccess(false));
    assertThat(failure(known.authorizer(NOBODY).secureByDefault()).getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    Authorizer ann = Authorizer.byScopes(request -> new Caller("ann", Set.of()));
    assertThat(say(known.authorizer(ann))).isEqualTo("ann{}");
  }

  @Test
  void aPolicyThatWouldOpenAMethodByMistakeIsRefused() {
    assertThatThrownBy(() -> echo().policy("test.v1.Echo/Say", publicAccess(false)).start())
        .hasMessage(
            "public: false is the policy of test.v1.Echo/Say, and nobody finds out who calls; give"
                + " the server an authorizer(...)");
    assertThatThrownBy(
            () ->
                echo()
                    .policy("test.v1.Echo/Say", publicAccess(false))
                    .publicMethods("test.v1.Echo/Say")
                    .authorizer(NOBODY)
                    .start())
        .hasMessage(
            "test.v1.Echo/Say is public by publicMethods(...), and needs a caller by the public:"
                + " false of its policy; keep one of the two");
    assertThatThrownBy(
            () ->
                echo()
                    .policy("test.v1.Echo", MethodPolicy.builder().authScopes("say").build())
                    .policy("test.v1.Echo/Say", publicAccess(true))
                    .authorizer(NOBODY)
                    .start())
        .hasMessage(
            "test.v1.Echo/Say is public by its policy, and its policy asks for the scopes [say];"
                + " keep one of the two");
    assertThatThrownBy(() -> MethodPolicy.builder().publicAccess(true).authScopes("say").build())
        .hasMessage(
            "publicAccess lets everyone call, and authScopes asks for [say]; state one of them");
  }

  @Test
  void whatWouldOpenAMethodByMistakeIsRefused() {
    assertThatThrownBy(
            () ->
                echo()
                    .policy("*", MethodPolicy.builder().authScopes("say").build())
                    .authorizer(NOBODY)
                    .publicMethods("test.v1.Echo/Say")
                    .start())
        .hasMessage(
            "test.v1.Echo/Say is public by publicMethods(...), and its policy asks for the scopes"
                + " [say]; keep one of the two");
    assertThatThrownBy(() -> echo().authorizer(NOBODY).publicMethods("test.v1.Echo/Sey").start())
        .hasMessageStartingWith(
            "publicMethods(...) names test.v1.Echo/Sey, which this server does not serve; it serves"
                + " test.v1.Echo/");
    assertThatThrownBy(() -> echo().authenticatedMethods("test.v1.Echo/Say").start())
        .hasMessage(
            "authenticatedMethods(...) names test.v1.Echo/Say, and nobody finds out who calls; give"
                + " the server an authorizer(...)");
  }
}
