/** Certificates that an agent of SPIFFE gives to this process, for servers and channels. */
@NullMarked
package io.fairlead.security.spiffe;

import org.jspecify.annotations.NullMarked;
