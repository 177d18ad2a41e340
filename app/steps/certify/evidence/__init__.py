"""What binds the paper to the data: manifest, inventory, trees and proofs, envelope, code, register."""
