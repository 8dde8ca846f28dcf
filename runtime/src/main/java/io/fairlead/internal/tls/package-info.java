/**
 * Certificates, keys and trust from files, for both sides of TLS: read, checked, replaced while
 * connections use them. {@link io.fairlead.internal.tls.TlsWatch} is where to begin.
 */
@NullMarked
package io.fairlead.internal.tls;

import org.jspecify.annotations.NullMarked;
