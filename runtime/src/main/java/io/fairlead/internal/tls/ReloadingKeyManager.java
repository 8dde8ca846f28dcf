package io.fairlead.internal.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows the current certificate in each handshake.
 *
 * <p>A handshake asks for an alias first, and with it for the chain and the key. The alias is the
 * number of the material, so that all three are of one pair although another one comes meanwhile.
 * The watch puts material in, handshakes on any thread read it.
 */
final class ReloadingKeyManager extends X509ExtendedKeyManager {
  /** More than can be replaced between two questions of one handshake. */
  private static final int KEPT = 32;

  /** Of a session before the first handshake. */
  private static final String NO_CIPHERS = "SSL_NULL_WITH_NULL_NULL";

  private final ConcurrentMap<String, KeyMaterial> byAlias = new ConcurrentHashMap<>();
  private volatile String currentAlias = "0";
  private volatile KeyMaterial current;
  private int number;

  ReloadingKeyManager(KeyMaterial first) {
    current = first;
    byAlias.put(currentAlias, first);
  }

  KeyMaterial current() {
    return current;
  }

  /** Called by the watch alone. */
  void replace(KeyMaterial next) {
    number++;
    String alias = Integer.toString(number);
    byAlias.put(alias, next);
    current = next;
    currentAlias = alias;
    byAlias.remove(Integer.toString(number - KEPT));
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      @Nullable String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    String alias = currentAlias;
    KeyMaterial material = byAlias.get(alias);
    return material != null && material.algorithm().equals(keyType) && !renegotiates(engine)
        ? alias
        : null;
  }

  /**
   * Whether a handshake follows another one on its connection. TLS 1.2 lets a client ask for that
   * again and again, at the price of a signature each. Without a certificate it ends the
   * connection.
   */
  private static boolean renegotiates(@Nullable SSLEngine engine) {
    return engine != null && !engine.getSession().getCipherSuite().equals(NO_CIPHERS);
  }

  /** The issuers that the server names are not compared: it says itself why it refuses. */
  @Override
  public @Nullable String chooseEngineClientAlias(
      String @Nullable [] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    for (String each : keyTypes == null ? new String[0] : keyTypes) {
      String alias = chooseEngineServerAlias(each, issuers, engine);
      if (alias != null) {
        return alias;
      }
    }
    return null;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    KeyMaterial material = byAlias.get(alias);
    return material == null ? null : material.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    KeyMaterial material = byAlias.get(alias);
    return material == null ? null : material.key();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = chooseEngineServerAlias(keyType, issuers, null);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return getServerAliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineServerAlias(keyType, issuers, null);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineClientAlias(keyTypes, issuers, null);
  }
}
