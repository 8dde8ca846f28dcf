/** A server of ours with a gateway, called by browsers, by curl, and read by validators. */
@NullMarked
package io.fairlead.interop.web;

import org.jspecify.annotations.NullMarked;
