package import Bytes
package enum RegistryError: DescribedError { case x(ByteString)
 package var message: String { "" }
 package var remedy: String? { nil } }
