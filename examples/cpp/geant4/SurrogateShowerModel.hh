// Where an exported surrogate plugs into a Geant4 application: a fast-simulation model.
//
// A sketch. It follows the interface of G4VFastSimulationModel in Geant4 11 and has not been
// compiled. What it needs of the surrogate, ../surrogate.hh, is compiled and run by ../run.sh.
//
// In the detector's ConstructSDandField():
//
//     auto* region = G4RegionStore::GetInstance()->GetRegion("calorimeter");
//     new SurrogateShowerModel("electrons by physgan", region, "calo-pb-lar.onnx");
//
// and in main(): physics->RegisterPhysics() of a G4FastSimulationPhysics with
// ActivateFastSimulation("e-").

#pragma once

#include <memory>
#include <random>

#include "../surrogate.hh"
#include "G4FastHit.hh"
#include "G4FastSimHitMaker.hh"
#include "G4VFastSimulationModel.hh"

class SurrogateShowerModel : public G4VFastSimulationModel {
 public:
  SurrogateShowerModel(const G4String& name, G4Region* region, const std::string& model);

  G4bool IsApplicable(const G4ParticleDefinition& particle) override;
  G4bool ModelTrigger(const G4FastTrack& track) override;
  void DoIt(const G4FastTrack& track, G4FastStep& step) override;

 private:
  physgan::Surrogate surrogate_;
  std::mt19937_64 random_;
  G4FastSimHitMaker hits_;
};
