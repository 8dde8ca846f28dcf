/** The whole promise in one terminal: instances come and go, etcd too, and no call fails. */
@NullMarked
package io.fairlead.samples.quickstart;

import org.jspecify.annotations.NullMarked;
