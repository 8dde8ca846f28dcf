package io.fairlead.internal.tls;

import java.security.cert.CertificateException;

/** The other side showed a certificate that is not accepted; the message says which one. */
public final class RefusedCertificateException extends CertificateException {
  private static final long serialVersionUID = 1;

  RefusedCertificateException(String certificate, CertificateException cause) {
    super(certificate, cause);
  }
}
